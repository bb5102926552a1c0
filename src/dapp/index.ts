/** What a page needs to ask a person for a grant, to show it, to watch it and to end it. Loads neither Node nor the kit. */
export type * from './types.ts'
