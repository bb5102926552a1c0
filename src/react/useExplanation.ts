'use client'
import { type DefaultError, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type ExplanationData, type ExplanationOptions, explanationQueryOptions } from '../query/explanation.ts'

export type UseExplanationParameters<selected = ExplanationData> = ExplanationOptions<selected>

/** Every caveat of a grant in words, for `describeGrant`: of our own grants, which no wallet's permission describes. */
export function useExplanation<selected = ExplanationData>(
  parameters: UseExplanationParameters<selected> = {},
): UseQueryResult<selected, DefaultError> {
  return useQuery(explanationQueryOptions(parameters))
}
