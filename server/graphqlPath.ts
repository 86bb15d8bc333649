/** Where the API is. */
export const graphqlPath = '/graphql';
