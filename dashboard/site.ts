/** What the page is told of the server that it came from. */

export interface Site {
  readonly wantsToken: boolean;
  readonly hasGraphiQL: boolean;
}
