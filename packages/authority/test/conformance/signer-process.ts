import path from 'node:path'
import pino from 'pino'
import { startSigner } from '../../src/signer/process/start-signer.ts'
import { developmentApp } from '../fixture/apps.ts'
import { passphrase, readTestConfig } from '../fixture/deployment.ts'

// A signer in a process of its own, over the keys of the directory in its first argument.
const directory = path.resolve(process.argv[2] ?? '.')
const signer = await startSigner({
  log: pino({ level: 'silent' }),
  directory,
  environment: { SALLYPORT_PASSPHRASE: passphrase },
  readConfig: () => readTestConfig(directory, developmentApp),
})
process.send?.({ socket: signer.socket })
