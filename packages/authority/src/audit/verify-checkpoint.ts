import { Problem } from '@sallyport/problem'
import { compactVerify, importJWK, type JWK } from 'jose'
import { canonicalJson, type Json } from './canonical-json.ts'
import type { Checkpoint } from './checkpoint.ts'

/**
 * Verifies that a checkpoint says what was signed. Not checked: whether the rows are there.
 *
 * @param keys those that checkpoints are signed with: public JWK with `kid`
 * @throws Problem `audit_broken`
 */
export async function verifyCheckpoint(
  { seq, at, heads, jws }: Checkpoint,
  keys: readonly JWK[],
): Promise<void> {
  const said = canonicalJson({ at, heads })
  const signed = await signedText(jws, keys)
  if (signed === said) return
  throw new Problem('audit_broken', {
    detail: `Checkpoint ${seq} is not what was signed`,
    expected: signed ?? 'a signature of one of the keys of checkpoints',
    found: signed === undefined ? 'none' : said,
  })
}

async function signedText(jws: string, keys: readonly JWK[]): Promise<string | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      jws,
      async ({ kid }) => {
        const key = keys.find((one) => one.kid === kid)
        if (key === undefined) throw new TypeError(`no key ${kid}`)
        return importJWK(key, 'ES256')
      },
      { algorithms: ['ES256'] },
    )
    if (protectedHeader.typ !== 'sallyport-checkpoint+jws') return undefined
    return canonicalJson(JSON.parse(Buffer.from(payload).toString('utf8')) as Json)
  } catch {
    // What it is not signed by is no signature of ours, whatever is wrong with it.
    return undefined
  }
}
