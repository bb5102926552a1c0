import { createHash } from 'node:crypto'
import type { Site } from './mutate-sites.ts'

export type Mutant<S extends Site = Site> = { file: string; site: S }

/**
 * Chooses `count` changes, the same for the same seed and tree: each stage gets its share by how many changes it has, and
 * within a stage every change is as likely as every other. One place is changed in one way only.
 */
export function chooseSites<S extends Site>(
  sites: ReadonlyMap<string, readonly S[]>,
  { count, seed }: { count: number; seed: number },
): Mutant<S>[] {
  const stages = new Map<string, Mutant<S>[]>()
  let total = 0
  for (const [file, own] of [...sites].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const stage = file.split('/')[1] ?? ''
    stages.set(stage, [...(stages.get(stage) ?? []), ...own.map((site) => ({ file, site }))])
    total += own.length
  }
  const chosen = [...stages.values()].flatMap((all) => {
    const share = Math.ceil((count * all.length) / Math.max(1, total))
    const places = new Set<string>()
    const shuffled = all.map((mutant) => ({ mutant, at: draw(seed, mutant) })).sort((a, b) => (a.at < b.at ? -1 : 1))
    return shuffled
      .flatMap(({ mutant }) => {
        const place = `${mutant.file}:${mutant.site.start}`
        if (places.has(place)) return []
        places.add(place)
        return [mutant]
      })
      .slice(0, share)
  })
  // Mixed, so that a run which is cut short has seen some of everything.
  return chosen.sort((a, b) => (draw(seed, a) < draw(seed, b) ? -1 : 1))
}

/** From what the change says and not from where it stands: other lines that come or go leave the rest of the choice alone. */
function draw(seed: number, { file, site }: Mutant): string {
  const words = JSON.stringify([seed, file, site.line, site.from, site.to, site.nth])
  return createHash('sha256').update(words).digest('hex')
}
