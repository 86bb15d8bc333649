/** The Pothos builder with which every type of the API is made. */
import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import type { ApiContext } from './context.ts';
import { DateTimeScalar, JsonScalar } from './scalars.ts';

export const builder = new SchemaBuilder<{
  Context: ApiContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** Milliseconds since the epoch. */
    DateTime: { Input: number; Output: number };
    /** A client's value is `unknown` until `checkedJson` has checked it. */
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  defaultFieldNullability: false,
  plugins: [ComplexityPlugin],
  // The cost of an operation is computed in cost.ts, before it runs; the plugin's own check would run field by field.
  complexity: { disabled: true, defaultComplexity: 1, defaultListMultiplier: 1 },
});

builder.addScalarType('DateTime', DateTimeScalar);
builder.addScalarType('JSON', JsonScalar);
