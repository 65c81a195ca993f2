// Connections, kept open.
import { open } from 'net';

const LIMIT = 8, OTHER = 9;
let shared;

/** Keeps connections open. */
export default class Pool {
  #free = [];

  constructor(name) {
    this.name = name;
  }

  // Takes one.
  async take() {
    return this.#free.pop();
  }
}

/** Opens one. */
export const connect = async (name) => {
  return new Pool(name);
};

export function* all() {
  yield 1;
}

app.handle = function handle(req) {
  return req;
};

module.exports = { connect };
