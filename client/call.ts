/** What every call takes. */
export interface Call {
  /** Gives up: the call rejects with the signal's reason. Without one it goes on until it succeeds. */
  readonly signal?: AbortSignal | undefined;
}
