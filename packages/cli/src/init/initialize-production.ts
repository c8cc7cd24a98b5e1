import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { Problem } from '@sallyport/problem'
import { feedKeysText } from '../certificates/feed-keys.ts'
import { writeServiceIdentity } from '../certificates/service-identity.ts'
import { editorSchema } from '../configuration/schema.ts'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import type { Answers } from './answers.ts'
import { type Passphrase, randomPassphraseCost } from './passphrase.ts'
import { productionConfig } from './production-config.ts'
import type { ProductionLayout } from './production-layout.ts'
import type { ChosenStore } from './store-section.ts'

/** The gateway's name in its certificate and in the configuration. */
const gatewayName = 'gateway-1'

export type ProductionOrder = {
  answers: Answers
  passphrase: Passphrase
  layout: ProductionLayout
  /** Else a file of the layout. */
  store: ChosenStore | undefined
  now: number
  /** Told what a failure left behind. */
  say: (text: string) => void
}

/**
 * Makes keys, CAs, certificates, the first admin token and the configuration file. Nothing that is there
 * is written over.
 *
 * @throws Problem `command_usage` where there is a deployment already, `store_not_empty` where there is one in the database
 */
export async function initializeProduction(order: ProductionOrder): Promise<void> {
  const { layout, store, say } = order
  refuseOccupied(layout)
  if (store !== undefined) {
    const { refuseBegunStore } = await import('@sallyport/authority')
    await refuseBegunStore(store.location)
  }
  try {
    await writeDeployment(order)
  } catch (error) {
    // Nothing was there before, and so nothing is lost: a full disk must not leave half a deployment behind.
    for (const part of occupied(layout)) rmSync(part, { recursive: true, force: true })
    // Its keys are gone; but what others may have begun there meanwhile is not for this to drop.
    if (store !== undefined) say(`Drop what was begun before you try again: ${store.name}`)
    throw error
  }
}

async function writeDeployment({
  answers,
  passphrase,
  layout,
  store,
  now,
}: ProductionOrder): Promise<void> {
  mkdirSync(layout.directory, { recursive: true })
  const { initializeAuthority } = await import('@sallyport/authority')
  if (passphrase.isKeptInFile) {
    writeFileAtomically(layout.passphraseFile, `${passphrase.text}\n`, modes.secret)
  }
  const authority = await initializeAuthority({
    trustDomain: answers.trustDomain,
    apps: { [answers.appId]: { insecureDevelopmentDevices: false } },
    keysDirectory: layout.keysDirectory,
    passphrase: passphrase.text,
    ...(passphrase.isKeptInFile ? { scryptCost: randomPassphraseCost } : {}),
    store: store?.location ?? { path: layout.store },
    now,
  })
  try {
    writeFileAtomically(layout.caFile, authority.serviceRootPem)
    writeFileAtomically(layout.deviceCaFile, authority.deviceRootPem)
    writeFileAtomically(layout.feedKeysFile, feedKeysText(authority.feedKeys))
    const server = async (names: string[]) => await authority.makeServerIdentity(names)
    writeServiceIdentity(layout.api, await server([answers.apiHost]))
    writeServiceIdentity(layout.enroll, await server([answers.enrollHost]))
    writeServiceIdentity(layout.admin, await server(['localhost', '127.0.0.1', '::1']))
    writeServiceIdentity(layout.gatewayIdentity, await authority.makeGatewayIdentity(gatewayName))
    writeFileAtomically(layout.adminTokenFile, `${authority.adminToken}\n`, modes.secret)
  } finally {
    await authority.close()
  }
  writeFileAtomically(layout.schemaFile, `${JSON.stringify(editorSchema(), undefined, 2)}\n`)
  const parts = store === undefined ? {} : { store: store.yaml }
  const config = productionConfig(answers, layout, passphrase.isKeptInFile, parts)
  writeFileAtomically(layout.configFile, config)
}

function occupied({ configFile, store, keysDirectory }: ProductionLayout): string[] {
  return [configFile, store, `${store}-wal`, `${store}-shm`, keysDirectory].filter(existsSync)
}

export function refuseOccupied(layout: ProductionLayout): void {
  const taken = occupied(layout)
  if (taken.length === 0) return
  throw new Problem('command_usage', {
    detail: 'There is a deployment here already, and nothing of it was touched',
    expected: 'a folder without one: --dir',
    found: taken.join(', '),
  })
}
