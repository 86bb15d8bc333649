import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTextMeter, maxTextLength, type TextMeasures } from './textMeter.ts';

function measure(pieces: readonly string[]): TextMeasures {
  const meter = createTextMeter();
  for (const piece of pieces) meter.add(piece);
  return meter.measures();
}

test('gives the same counts however a text is cut into pieces', () => {
  const letters = fc.constantFrom('a', 'ä', '😀', ' ', '\n', '\f', '\u00a0');
  const pieces = fc.array(fc.string({ unit: letters, maxLength: 5 }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(pieces, (parts) => {
      expect(measure(parts)).toEqual(measure([parts.join('')]));
    }),
  );
});

test('keeps the first 10,000 characters and says whether there were more', () => {
  const text = 'x'.repeat(maxTextLength);
  expect(measure([text])).toMatchObject({ text, textTruncated: false });
  expect(measure([text, 'y'])).toMatchObject({ text, textTruncated: true });
  expect(measure([text.slice(1), '😀'])).toMatchObject({
    text: text.slice(1),
    textTruncated: true,
  });
});
