import { readFileSync } from 'node:fs'
import path from 'node:path'
import pino from 'pino'
import { startSigner } from '../../../src/signer/process/start-signer.ts'
import { passphrase, readTestConfig } from '../../fixture/deployment.ts'

// The signer of the directory in its first argument, as `sallyport serve --role signer` runs it. The file `clock`
// there says by how many milliseconds its clock is ahead.
const directory = process.argv[2] ?? ''
const apps = readFileSync(path.join(directory, 'apps.yaml'), 'utf8')
const authority = readFileSync(path.join(directory, 'authority.yaml'), 'utf8')
const config = readTestConfig(directory, apps, undefined, authority)
const ahead = () => Number(readFileSync(path.join(directory, 'clock'), 'utf8'))
const { socket } = await startSigner({
  log: pino({ level: 'info' }, pino.destination(2)),
  directory,
  environment: { SALLYPORT_PASSPHRASE: passphrase },
  readConfig: () => config,
  now: () => Date.now() + ahead(),
})
process.stdout.write(`${process.pid} ${socket}\n`)
