/** The tokens of a connection: the one to send, and what becomes of one that is refused. */

/**
 * A JWT, or what gives one, asked at each connect. After a refusal it is given the token that the server did not take (any more), so
 * that a function that keeps tokens gives another.
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
  /** It was accepted, and is no longer. @returns whether another one can be had. */
  expire(issued: IssuedToken): boolean;
}

/** In a row: a function that gives the same again, or others that are no better, is not asked for ever. */
const maxRefusals = 2;

export function createTokens(token: Token | undefined): Tokens {
  const isRenewable = typeof token === 'function';
  /** Operations that were under way together are refused together, and count once. */
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
