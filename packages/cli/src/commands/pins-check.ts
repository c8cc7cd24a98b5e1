import {
  type CheckFinding,
  checkPins,
  planPins,
  readCertificates,
  type Survey,
} from '@sallyport/pins'
import type { Operation } from '../command.ts'
import { isGiven, textOptions } from '../input.ts'
import { givenAuthorities, lookAt } from '../pins/look-at.ts'
import { packagedPins, unpinnedIn } from '../pins/packaged-pins.ts'
import { hostsNamed, pinsOf } from '../pins/pins-option.ts'
import { findingText, planCalendar, planText } from '../pins/pins-text.ts'

const nothingSeen: ReadonlyMap<string, Survey> = new Map()

export const checkPinsCommand: Operation = async (input, output) => {
  const whole = pinsOf(input)
  const file = { ...whole, hosts: hostsNamed(whole, input.arguments[0]) }
  const next = (textOptions(input, 'next') ?? []).map((name) => ({
    name,
    certificates: readCertificates(name),
  }))
  const packages = textOptions(input, 'package') ?? []
  const packaged = await packagedPins(packages)
  const surveys = isGiven(input, 'offline') ? nothingSeen : await lookAt(input, file.hosts)
  const others = givenAuthorities(input)
  const findings = [
    ...checkPins(file, { surveys, next, packaged, others, now: Date.now() }),
    ...unpinnedIn(packages, file.hosts, packaged),
  ]
  output.result(findings, () =>
    findings.map((finding) => findingText(finding, output.paint)).join('\n'),
  )
  const count = (...outcomes: CheckFinding['outcome'][]): number =>
    findings.filter(({ outcome }) => outcomes.includes(outcome)).length
  const broken = count('broken', 'will break')
  const unseen = count('not looked at')
  output.say(
    `${count('ok')} fine, ${count('note')} to look at, ${broken} broken, ${unseen} not seen`,
  )
  if (broken > 0) return 1
  return unseen > 0 ? 3 : 0
}

export const planPinsCommand: Operation = async (input, output) => {
  const file = pinsOf(input)
  const now = Date.now()
  const surveys = isGiven(input, 'live') ? await lookAt(input, file.hosts) : nothingSeen
  const leaves = [...surveys].map(
    ([name, { sent }]) =>
      [name, sent.flatMap(({ certificates }) => certificates.slice(0, 1))] as const,
  )
  const plan = planPins(file, { now, live: new Map(leaves) })
  const facts = {
    usableFrom: new Date(plan.usableFrom).toISOString().slice(0, 10),
    events: plan.events.map((event) => ({
      ...event,
      at: new Date(event.at).toISOString().slice(0, 10),
    })),
  }
  output.result(facts, () =>
    isGiven(input, 'ics') ? planCalendar(plan, now) : planText(plan, output.paint),
  )
  if (plan.events.length === 0) {
    output.say('No pin and no set has a date: --live asks servers for theirs')
  }
  output.say(`A pin that is added today can be relied on from ${facts.usableFrom}`)
  return plan.events.some(({ isOverdue, isCritical }) => isOverdue && isCritical) ? 1 : 0
}
