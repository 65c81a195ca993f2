import React from 'react';

type Props = { name: string };

/** Shows a pool. */
export function PoolView({ name }: Props) {
  const [count, setCount] = React.useState(0);
  return (
    <div onClick={() => setCount(count + 1)}>
      <h1>{name}</h1>
      {count > 0 && <span>{count}</span>}
    </div>
  );
}

export const Empty = () => <p>none</p>;
