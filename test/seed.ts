import fc from 'fast-check'

// One seed for every property: a run that failed fails again, and "every kind of refusal was seen" is not left to chance.
// Look further with AMBIT_SEED=<integer> npm test.
const wished = Number(process.env['AMBIT_SEED'] ?? '')
fc.configureGlobal({ seed: Number.isSafeInteger(wished) && wished !== 0 ? wished : 20_261_120 })
