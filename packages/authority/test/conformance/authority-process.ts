import path from 'node:path'
import pino from 'pino'
import { signerSocketOf } from '../../src/config/keys-config.ts'
import { SignerClient } from '../../src/signer/process/signer-client.ts'
import { startAuthority } from '../../src/start-authority.ts'
import { passphrase, readTestConfig } from '../fixture/deployment.ts'
import { developmentApp } from '../fixture/apps.ts'

// An authority in a process of its own, over the directory in its first argument, for a test that kills it or
// looks into it. With a second argument that is not empty its keys are held by the signer of that directory; a
// third is YAML of further members of `authority`.
const directory = path.resolve(process.argv[2] ?? '.')
const config = readTestConfig(directory, developmentApp, undefined, process.argv[4])
const authority = await startAuthority(config, {
  log: pino({ level: 'silent' }),
  directory,
  version: '0.0.0-test',
  ...((process.argv[3] ?? '') === ''
    ? { environment: { SALLYPORT_PASSPHRASE: passphrase } }
    : { signer: new SignerClient({ socket: signerSocketOf(directory, config.authority) }).signer }),
})
process.send?.(authority.addresses)
