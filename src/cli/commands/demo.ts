import type { Command } from '../command.ts'

/** The main job on real input; what it does is under `demo/`. */
export const demo: Command = {
  name: 'demo',
  summary: 'Let an injected agent loose on real tasks: see what it may pay, what not, and the proof',
  description:
    'Runs on a chain of its own on this machine; no account, key or network is needed. Exits 1 when the boundary did not hold.',
  options: [
    { flags: '--out <folder>', description: 'where to leave the receipts (default: a new temporary folder)' },
    {
      flags: '--lowering <name>',
      description: 'framework (default), or fused: each scope in one caveat, with the other beside it',
    },
  ],
  examples: [
    'ambit demo',
    'ambit demo --json',
    'ambit demo --lowering fused --json',
    'ambit demo --out ./demo-receipts',
  ],
  async run(context) {
    const { runDemo } = await import('../demo/demo.ts')
    return runDemo(context)
  },
}
