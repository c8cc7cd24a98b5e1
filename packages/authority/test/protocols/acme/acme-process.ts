import { readFileSync } from 'node:fs'
import path from 'node:path'
import pino from 'pino'
import { startAuthority } from '../../../src/start-authority.ts'
import { passphrase, readTestConfig } from '../../fixture/deployment.ts'

// An authority in a process of its own, over the directory in its first argument, for a test that kills it.
const directory = path.resolve(process.argv[2] ?? '.')
const read = (name: string) => readFileSync(path.join(directory, name), 'utf8')
const config = readTestConfig(directory, read('apps.yaml'), read('attestation.yaml'))
const authority = await startAuthority(config, {
  log: pino({ level: 'silent' }),
  directory,
  version: '0.0.0-test',
  environment: { SALLYPORT_PASSPHRASE: passphrase },
})
process.send?.(authority.addresses)
