/** The enums of error and failure codes, made from the catalogues, each code with its meaning. */
import { errorCatalogue, refusalCatalogue, type ErrorCode, type RefusalCode } from '../core/errors.ts';
import { failureCatalogue } from '../core/failures.ts';
import { builder } from './builder.ts';

export const ErrorCodeType = builder.enumType('ErrorCode', {
  description: 'The codes in `extensions.code` of an error, and in `JobProblem.code`.',
  values: described({ ...errorCatalogue, ...refusalCatalogue }, ({ message, whatToDo }) => `${message} ${whatToDo}`),
});

export function isErrorCode(code: string): code is ErrorCode | RefusalCode {
  return Object.hasOwn(errorCatalogue, code) || Object.hasOwn(refusalCatalogue, code);
}

export const JobFailureCodeType = builder.enumType('JobFailureCode', {
  description: 'Why an attempt, or the job, did not succeed: for programs to branch on.',
  values: described(failureCatalogue, (meaning) => meaning),
});

function described<Entry>(
  catalogue: Readonly<Record<string, Entry>>,
  sentence: (entry: Entry) => string,
): Record<string, { readonly description: string }> {
  return Object.fromEntries(Object.entries(catalogue).map(([code, entry]) => [code, { description: sentence(entry) }]));
}
