import { createSnapshot, fetchPublished, googleUrls } from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import { makeSnapshotKey, publicKeyFileOf, readSnapshotKey } from '../attestation/snapshot-key.ts'
import type { Input, Operation } from '../command.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { isGiven, textOption } from '../input.ts'

export const makeSnapshot: Operation = async (input, output) => {
  const keyFile = required(input, 'key', '--key <file>')
  if (isGiven(input, 'newKey')) {
    makeSnapshotKey(keyFile)
    output.result(
      { keyFile, publicKeyFile: publicKeyFileOf(keyFile) },
      `${keyFile}\n${publicKeyFileOf(keyFile)}`,
    )
    output.say(
      `Keep the first to yourself. Hosts name the second as attestation.snapshot.publicKeyFile`,
    )
    return 0
  }
  const file = required(input, 'out', '--out <file>')
  const privateKey = readSnapshotKey(keyFile)
  const published = await fetchPublished(
    {
      rootsUrl: textOption(input, 'rootsUrl') ?? googleUrls.roots,
      statusListUrl: textOption(input, 'statusListUrl') ?? googleUrls.statusList,
    },
    { now: Date.now },
  )
  writeFileAtomically(file, `${await createSnapshot({ ...published, privateKey })}\n`)
  output.result({ file, fetchedAt: new Date(published.fetchedAt).toISOString() }, file)
  output.say(
    'Carry it to the hosts, to the place that attestation.snapshot.file names: it is taken up by itself',
  )
  return 0
}

function required(input: Input, name: string, flag: string): string {
  const value = textOption(input, name)
  if (value !== undefined) return value
  throw new Problem('command_usage', { detail: `${flag} is missing`, expected: flag })
}
