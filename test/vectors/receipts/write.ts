/**
 * Issues the pinned receipts anew. Only for a change of the format, or of what scopes compile to, before any release has
 * issued a receipt: after one, these files stay and the code has to go on verifying them.
 */
import { writeFileSync } from 'node:fs'
import { environment, issuer } from './example.ts'
import { makeStory } from './story.ts'

const write = (name: string, text: string) => writeFileSync(new URL(name, import.meta.url), text)
const { facts: _, ...receipts } = await makeStory()
const story = Object.entries(receipts)
for (const [name, { text }] of story) write(`${name}.receipt.json`, text)
const known = {
  keyset: { schema: 'ambit.keyset.v1', iss: issuer.iss, keys: [issuer.key] },
  environment,
  ids: Object.fromEntries(story.map(([name, { id }]) => [name, id])),
}
write('known.json', `${JSON.stringify(known, null, 2)}\n`)
