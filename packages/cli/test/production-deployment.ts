import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { quietPorts } from '@sallyport/virtual-device'
import { newFolder, sallyport } from './sallyport.ts'

/** What `init` made, once in a file of tests: the keys of each are under a passphrase that takes its time. */
let original: Promise<string> | undefined

async function initialize(): Promise<string> {
  const directory = newFolder()
  const args = ['--trust-domain', 'example.com', '--passphrase-file', '--yes']
  const made = await sallyport(['init', '--dir', directory, ...args])
  assert.equal(made.code, 0, made.stderr)
  return directory
}

/** A production deployment on quiet ports of the loopback interface: a copy of one that never ran. */
export async function newDeployment(): Promise<string> {
  original ??= initialize()
  const directory = newFolder()
  cpSync(await original, directory, { recursive: true })
  const file = path.join(directory, 'sallyport.yaml')
  const [device, admin, operations, gateway, gatewayOperations] = await quietPorts(5)
  const text = readFileSync(file, 'utf8')
    .replace('0.0.0.0:8443', `127.0.0.1:${device}`)
    .replaceAll(':8444', `:${admin}`)
    .replace(':8445', `:${operations}`)
    .replace('0.0.0.0:8440', `127.0.0.1:${gateway}`)
    .replace(':8446', `:${gatewayOperations}`)
  writeFileSync(file, text)
  return file
}
