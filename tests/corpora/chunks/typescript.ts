// Connections, kept open.
import type { Socket } from 'net';

/** What a pool can be. */
export type State = 'open' | 'closed';

export interface Options {
  limit: number;
  readonly name?: string;
  onOpen: (state: State) => void;
  onClose(state: State): void;
}

/** Keeps connections open. */
@Injectable()
export abstract class Pool<T> {
  private free: T[] = [];

  constructor(private readonly options: Options) {}

  /** Takes one. */
  abstract take(): T;

  close(): void {
    this.free = [];
  }
}

export enum Level {
  Low,
  High,
}

declare module 'pool' {
  function open(): void;
}

namespace Inner {
  export const LIMIT = 8;
}

export const connect = (name: string): Pool<Socket> => {
  throw new Error(name);
};
