import fc from 'fast-check'

// Which counterexample is the smallest does not matter to a mutant.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
