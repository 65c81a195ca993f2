<?php
namespace Net\Pool;

use Countable;

const LIMIT = 8;

/**
 * Keeps connections open.
 */
#[Service]
final class Pool implements Countable
{
    private static int $count = 0;
    protected ?string $name = null;

    public function __construct(string $name)
    {
        $this->name = $name;
    }

    /** Takes one. */
    public function take(): int
    {
        return self::$count;
    }
}

interface Taker
{
    public function take(): int;
}

function connect(string $name): Pool
{
    return new Pool($name);
}
