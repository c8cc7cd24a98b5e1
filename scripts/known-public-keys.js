// Prints SHA-256 of the SPKI of every private key in the folders that are given: check out a repository that
// publishes keys, and what it says is what `packages/scanner/src/keys/findings/known-public-keys.ts` says of it.
//   node scripts/known-public-keys.js CHECKOUT…
import { defaultLimits, scan } from '../packages/scanner/dist/src/index.js'

const settings = { submittedAt: new Date(), releaseWindowDays: 0, limits: defaultLimits }
for (const folder of process.argv.slice(2)) {
  const { findings } = await scan(folder, settings)
  for (const { rule, facts, locations, title } of findings) {
    const isOpen =
      rule === 'client-identity' || rule === 'private-key' || rule === 'known-public-key'
    if (isOpen) console.log(`${String(facts.spkiSha256)} ${locations[0].path} # ${title}`)
  }
}
