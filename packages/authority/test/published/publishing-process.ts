import path from 'node:path'
import { passphrase, readTestConfig } from '../fixture/deployment.ts'
import pino from 'pino'
import { startAuthority } from '../../src/start-authority.ts'
import { publishedApps, publishedAuthority } from './assembled.ts'

// An authority that publishes, in a process of its own, over the directory in its first argument.
const directory = path.resolve(process.argv[2] ?? '.')
const config = readTestConfig(directory, publishedApps, undefined, publishedAuthority('shards: 2'))
const authority = await startAuthority(config, {
  log: pino({ level: 'silent' }),
  directory,
  version: '0.0.0-test',
  environment: { SALLYPORT_PASSPHRASE: passphrase },
})
process.send?.(authority.addresses)
