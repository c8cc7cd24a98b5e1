import { isProblem } from '@sallyport/problem'
import { parseStatusList, readEvidenceFile } from '../../../src/index.ts'
import { leafOf, intermediate } from '../../apple-mda/managed-chain.ts'
import { integrityToken } from '../../play-integrity/integrity-token.ts'
import { fixture, fixtureNames } from '../fixtures.ts'
import type { FuzzVector, Outcome } from '../fuzz-vector.ts'

/** What throws Problems and returns what it read. */
async function outcomeOf(read: () => unknown): Promise<Outcome> {
  try {
    read()
    return { accepted: true }
  } catch (error) {
    if (!isProblem(error)) throw error
    return { accepted: false, code: error.code }
  }
}

const statusList = {
  entries: {
    '2c8cdddfd5e03bfc': { status: 'REVOKED', reason: 'KEY_COMPROMISE', expires: '2027-11-13' },
    '8350192447815228107': { status: 'SUSPENDED', reason: 'SOFTWARE_FLAW', comment: 'Bug 1' },
    '17': { status: 'REVOKED' },
  },
}

/** Nothing is signed here: whatever can be read may be read. */
export async function fileVectors(): Promise<readonly FuzzVector[]> {
  const [pem = ''] = fixtureNames('android', '.pem')
  const chain = [leafOf(), intermediate].map((der) => der.toString('base64'))
  const files: Record<string, string> = {
    'a PEM chain': fixture(pem),
    'a JSON chain': JSON.stringify(chain),
    'a message': JSON.stringify({ format: 'apple-mda', chain }),
    'a token': await integrityToken(),
    'CBOR in base64': Buffer.from('a163666d74781161', 'hex').toString('base64'),
  }
  return [
    {
      name: 'status-list: of three entries',
      isAccepted: true,
      parts: [Buffer.from(JSON.stringify(statusList))],
      appraise: (parts) => outcomeOf(() => parseStatusList(Buffer.concat(parts), 0)),
    },
    ...Object.entries(files).map(([name, text]): FuzzVector => {
      return {
        name: `evidence-file: ${name}`,
        isAccepted: true,
        parts: [Buffer.from(text)],
        appraise: (parts) => outcomeOf(() => readEvidenceFile(Buffer.concat(parts))),
      }
    }),
  ]
}
