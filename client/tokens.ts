/** The tokens of a connection: the one to send, and what to do when one is refused. */

/**
 * A JWT, or a function that returns one, called at each connect. After a refusal it gets the token that the server did not
 * accept (any more), so that a function with a cache returns another one.
 */
export type Token = string | ((refused: string | undefined) => string | undefined | Promise<string | undefined>);

export interface IssuedToken {
  readonly value: string | undefined;
  readonly round: number;
}

export interface Tokens {
  issue(): Promise<IssuedToken>;
  accept(): void;
  /** @returns whether another one is worth a try. */
  refuse(issued: IssuedToken): boolean;
  /** It was accepted, and is not any more. @returns whether another one may work. */
  expire(issued: IssuedToken): boolean;
}

/** In a row: a function that returns the same token again, or others that are refused, is not called for ever. */
const maxRefusals = 2;

export function createTokens(token: Token | undefined): Tokens {
  const isRenewable = typeof token === 'function';
  /** Operations in progress at the same time are refused together, and count once. */
  let round = 0;
  let refusals = 0;
  let refused: string | undefined;
  return {
    async issue() {
      const issuedIn = round;
      return { value: isRenewable ? await token(refused) : token, round: issuedIn };
    },
    accept() {
      refusals = 0;
      refused = undefined;
    },
    refuse(issued) {
      if (issued.round === round) {
        round += 1;
        refusals += 1;
        refused = issued.value;
      }
      return isRenewable && refusals <= maxRefusals;
    },
    expire({ value }) {
      refused = value;
      return isRenewable;
    },
  };
}
