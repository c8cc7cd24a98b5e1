import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { type NamedMember, namedMembers } from '../configuration/named-members.ts'
import type { DoctorCheck, Examination, Finding } from './finding.ts'

/** Members that hold secrets: nobody but their owner may read them. By name, in every section. */
const secretMembers: ReadonlySet<string> = new Set([
  'keyFile',
  'passphraseFile',
  'passwordFile',
  'tokenFile',
  'ticketSecretFile',
  'decryptionKeyFile',
])

/** Directories and files that hold secrets, by their place. */
const secretPlaces: ReadonlySet<string> = new Set(['authority.keys.directory', 'store.path'])

/**
 * Directories that hold nothing secret, and whose files are not believed where others can write them.
 * They are made at the first start.
 */
const guardedPlaces: ReadonlySet<string> = new Set(['attestation.directory'])

export const fileCheck: DoctorCheck = {
  name: 'files',
  examine: (examination) =>
    namedMembers(examination.file.value)
      .filter((member) => isFile(member) || isPlace(member))
      .map((member) => examineFile(member, examination)),
}

function isFile(member: NamedMember): boolean {
  return member.name.endsWith('File')
}

function isPlace(member: NamedMember): boolean {
  return secretPlaces.has(placeOf(member)) || guardedPlaces.has(placeOf(member))
}

function placeOf(member: NamedMember): string {
  return member.path.join('.')
}

function examineFile(member: NamedMember, { file }: Examination): Finding {
  const path = resolvePath(file.directory, member.value)
  const finding = { check: 'files', what: `${placeOf(member)} ${path}` }
  let stats: Stats
  try {
    stats = statSync(path)
    accessSync(path, constants.R_OK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' && guardedPlaces.has(placeOf(member))) {
      return { ...finding, verdict: 'ok', found: 'is not there yet' }
    }
    const fix = 'Mend the path, which is relative to the configuration file, or its permissions.'
    return { ...finding, verdict: 'fail', found: code, fix }
  }
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
  const isSecret = secretMembers.has(member.name) || secretPlaces.has(placeOf(member))
  if (isSecret && (stats.mode & 0o077) !== 0) {
    const tight = stats.isDirectory() ? '700' : '600'
    const fix = `chmod ${tight} ${path}, and consider whether what is in it has leaked.`
    return { ...finding, verdict: 'fail', found: `mode ${mode}, others can read it`, fix }
  }
  if (guardedPlaces.has(placeOf(member)) && (stats.mode & 0o022) !== 0) {
    const fix = `chmod 700 ${path}, and delete what is in it: it is fetched anew.`
    return { ...finding, verdict: 'fail', found: `mode ${mode}, others can write it`, fix }
  }
  return { ...finding, verdict: 'ok', found: `mode ${mode}` }
}
