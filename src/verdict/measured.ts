/** Which quantity of a call is its amount: tokens of a transfer, wei, or an argument by the number of its word. */
export type Measured = 'token' | 'value' | number
