import path from 'node:path'
import type { Operation } from '../command.ts'
import { collectAnswers } from '../init/answers.ts'
import { initializeProduction, refuseOccupied } from '../init/initialize-production.ts'
import { choosePassphrase, type Passphrase } from '../init/passphrase.ts'
import { type ProductionLayout, productionLayout } from '../init/production-layout.ts'
import { type ChosenStore, chosenStore } from '../init/store-section.ts'
import { textOption } from '../input.ts'
import { commandWords, shellLine } from '../terminal/shell.ts'

export const init: Operation = async (input, output) => {
  const layout = productionLayout(textOption(input, 'dir') ?? '.')
  refuseOccupied(layout)
  const store = await chosenStore(input, layout.directory)
  const answers = await collectAnswers(input, output)
  const passphrase = await choosePassphrase(input, output)
  output.say('Making keys, CAs and certificates')
  const say = (text: string) => output.say(text)
  await initializeProduction({ answers, passphrase, layout, store, now: Date.now(), say })
  const { directory, configFile, adminTokenFile, caFile } = layout
  const facts = { directory, configFile, adminTokenFile, caFile, keepOffline: offline(layout) }
  output.result(facts, () => summary(layout, passphrase, store))
  return 0
}

/** What signs other CAs, and servers: needed again only for a new app, or a new certificate. */
function offline(layout: ProductionLayout): string[] {
  return ['device-root', 'service-root'].map((name) =>
    path.join(layout.keysDirectory, `${name}.key.json`),
  )
}

function summary(
  layout: ProductionLayout,
  passphrase: Passphrase,
  store: ChosenStore | undefined,
): string {
  const command = commandWords(process.env, process.argv[1])
  const line = (...words: string[]): string =>
    shellLine(...command, ...words, '--config', layout.configFile)
  const secret = passphrase.isKeptInFile
    ? `${layout.passphraseFile}  opens the CA keys: back it up apart from them`
    : 'The passphrase is written nowhere: without it the CA keys are lost'
  return [
    'Written:',
    `  ${layout.configFile}`,
    `  ${layout.caFile}  the service root: gateways and clients verify servers with it`,
    `  ${layout.deviceCaFile}  the device root: what is no gateway verifies devices with it`,
    `  ${layout.adminTokenFile}  the first admin token, for a week: the first command that is run with it puts one for 30 days in its place`,
    `  ${layout.keysDirectory}  the CA keys, encrypted`,
    `  ${secret}`,
    ...(store === undefined ? [] : [`  ${store.name}  the state of the authority`]),
    '',
    'Copy these to a medium that you keep offline, then remove them here. They are needed again only for a new app or a new server certificate:',
    ...offline(layout).map((file) => `  ${file}`),
    '',
    'Next:',
    `  ${line('serve')}`,
    `  ${line('doctor')}`,
    `  ${line('tokens', 'create')}`,
  ].join('\n')
}
