import { issue, type Made, newKeys } from './test-authority.ts'

export const host = 'api.example.com'

/** What a server shows, from one stage to the next. */
export type Stage = { readonly name: string; readonly leaf: Made }

/** The life of a server: each change that takes one more pin away. */
export async function rotationStages() {
  const root = await issue({ name: 'Root One' })
  const first = await issue({ name: 'Intermediate One', issuer: root })
  const second = await issue({ name: 'Intermediate Two', issuer: root })
  const otherRoot = await issue({ name: 'Root Two' })
  const keys = await newKeys()
  const backup = await newKeys()
  const leaf = (issuer: Made, own: Awaited<ReturnType<typeof newKeys>>): Promise<Made> =>
    issue({ name: host, hosts: [host], issuer, keys: own })
  const stages: readonly Stage[] = [
    { name: 'as it is', leaf: await leaf(first, keys) },
    { name: 'renewed under the same key', leaf: await leaf(first, keys) },
    { name: 'renewed with a new key', leaf: await leaf(first, await newKeys()) },
    { name: 'from another intermediate', leaf: await leaf(second, await newKeys()) },
    { name: 'from another root', leaf: await leaf(otherRoot, await newKeys()) },
    { name: 'the backup, from another root', leaf: await leaf(otherRoot, backup) },
  ]
  return { stages, root, first, otherRoot, keys, backup }
}
