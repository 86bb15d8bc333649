/** The operations of one client, by the ids that it gave. Usually there is one, and no map is created for it. */

/** An operation that runs. */
export interface Running {
  /** Its results are not needed any more. May be called twice. */
  end(): void;
}

export class RunningOperations {
  #id = '';
  #only: Running | undefined;
  /** From the second operation on it holds all of them, and is kept. */
  #several: Map<string, Running> | undefined;

  get size(): number {
    return this.#several?.size ?? (this.#only === undefined ? 0 : 1);
  }

  get(id: string): Running | undefined {
    if (this.#several !== undefined) return this.#several.get(id);
    return id === this.#id ? this.#only : undefined;
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** Replaces an operation with the same id. */
  set(id: string, running: Running): void {
    if (this.#several !== undefined) {
      this.#several.set(id, running);
    } else if (this.#only === undefined || this.#id === id) {
      this.#id = id;
      this.#only = running;
    } else {
      this.#several = new Map([
        [this.#id, this.#only],
        [id, running],
      ]);
      this.#only = undefined;
    }
  }

  delete(id: string): void {
    if (this.#several !== undefined) this.#several.delete(id);
    else if (id === this.#id) this.#only = undefined;
  }

  /** Ends and removes all of them. */
  endAll(): void {
    const all = this.#several?.values() ?? (this.#only === undefined ? [] : [this.#only]);
    for (const running of all) running.end();
    this.#several?.clear();
    this.#only = undefined;
  }
}
