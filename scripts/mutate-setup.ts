import fc from 'fast-check'

// Which counterexample is the smallest does not matter to a mutant.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })

// Nor does how busy the machine is: a test that bounds time or memory of an attack must not be what notices a change. What
// really goes on for ever is ended from outside.
const real = performance.now.bind(performance)
performance.now = () => real() / 100
process.cpuUsage = () => ({ user: 0, system: 0 })
const memory = process.memoryUsage()
process.memoryUsage = Object.assign(() => memory, { rss: () => memory.rss })
