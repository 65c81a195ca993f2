package net.pool;

import java.util.List;

/**
 * Keeps connections open.
 */
@Component
public class Pool<T> implements Taker {
    private static final int LIMIT = 8;
    private final List<T> free = List.of();

    public Pool(String name) {
        this.name = name;
    }

    /** Takes one. */
    @Override
    public T take() {
        return free.get(0);
    }

    enum State {
        OPEN,
        CLOSED
    }
}

interface Taker {
    Object take();
}
