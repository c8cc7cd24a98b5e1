import path from 'node:path'
import pino from 'pino'
import { startAuthority } from '../../src/start-authority.ts'
import { passphrase, readTestConfig } from '../fixture/deployment.ts'
import { developmentApp } from '../fixture/apps.ts'

// An authority in a process of its own, over the directory in its first argument, for a test that kills it.
const directory = path.resolve(process.argv[2] ?? '.')
const authority = await startAuthority(readTestConfig(directory, developmentApp), {
  log: pino({ level: 'silent' }),
  directory,
  version: '0.0.0-test',
  environment: { SALLYPORT_PASSPHRASE: passphrase },
})
process.send?.(authority.addresses)
