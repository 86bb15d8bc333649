/** Options of every call. */
export interface Call {
  /** Cancels the call, which rejects with the signal's reason. Without a signal it goes on until it succeeds. */
  readonly signal?: AbortSignal | undefined;
}
