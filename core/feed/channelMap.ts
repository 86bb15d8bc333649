/** A map by channel. Its keys are the ids that the listeners already hold: names would be as many strings again. */
import type { Channel } from './feed.ts';

export class ChannelMap<Value> {
  readonly #jobs = new Map<string, Value>();
  readonly #owners = new Map<string, Value>();

  get(channel: Channel): Value | undefined {
    return 'jobId' in channel ? this.#jobs.get(channel.jobId) : this.#owners.get(channel.owner);
  }

  set(channel: Channel, value: Value): void {
    if ('jobId' in channel) this.#jobs.set(channel.jobId, value);
    else this.#owners.set(channel.owner, value);
  }

  delete(channel: Channel): void {
    if ('jobId' in channel) this.#jobs.delete(channel.jobId);
    else this.#owners.delete(channel.owner);
  }

  *channels(): Generator<Channel> {
    for (const jobId of this.#jobs.keys()) yield { jobId };
    for (const owner of this.#owners.keys()) yield { owner };
  }

  clear(): void {
    this.#jobs.clear();
    this.#owners.clear();
  }
}
