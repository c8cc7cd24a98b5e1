import type { Outcome } from '../exchange/exchange.ts'
import type { GatewayRequest, ShadowRefusal } from '../pipeline/gateway-request.ts'
import { jsonString } from './json-string.ts'

const maxLoggedPath = 1_000

/** One line of the access log, JSON, with its line end. Never the query: it may carry secrets. */
export function accessLine(request: GatewayRequest, outcome: Outcome, durationMs: number): string {
  const { exchange, caller } = request
  const code = request.refusal?.code ?? outcome.code
  const device = caller.currentLeaf()?.device
  let line =
    `{"time":"${isoTime(request.at)}","requestId":"${exchange.requestId}",${caller.logMembers}` +
    `,"method":${jsonString(exchange.method)},"path":${jsonString(loggedPath(exchange.target))}` +
    `,"protocol":"HTTP/${exchange.httpVersion}","status":${outcome.status}` +
    `,"durationMs":${durationMs.toFixed(3)},"bytesSent":${outcome.bytesSent}`
  if (request.route !== undefined) line += `,"route":${jsonString(request.route.plan.name)}`
  if (request.rule !== undefined) line += `,"rule":${jsonString(request.rule)}`
  if (code !== undefined) line += `,"code":"${code}"`
  if (request.shadowed !== undefined) line += `,"shadow":${shadowCodes(request.shadowed)}`
  if (device !== undefined) {
    line += `,"deviceId":${jsonString(device.deviceId)},"assurance":"${device.assurance}"`
    if (device.appId !== undefined) line += `,"appId":"${device.appId}"`
  }
  if (request.token !== undefined) line += `,"user":"${request.token.label}"`
  if (outcome.upstream !== undefined) line += `,"upstream":${jsonString(outcome.upstream)}`
  if (outcome.upstreamStatus !== undefined) line += `,"upstreamStatus":${outcome.upstreamStatus}`
  return outcome.aborted ? `${line},"aborted":true}\n` : `${line}}\n`
}

/** The path of a request-target, without the query, no longer than records take. */
export function loggedPath(target: string): string {
  const query = target.indexOf('?')
  const end = query < 0 ? target.length : query
  return end === target.length && end <= maxLoggedPath
    ? target
    : target.slice(0, Math.min(end, maxLoggedPath))
}

let lastSecond = -1
let lastPrefix = ''

/** RFC 3339 with milliseconds. The second is formatted once for all requests within it. */
function isoTime(at: number): string {
  const second = Math.floor(at / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastPrefix = new Date(second * 1000).toISOString().slice(0, -4)
  }
  const ms = at - second * 1000
  return `${lastPrefix}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}

/** What stages in mode shadow would have refused with, in their order. */
function shadowCodes(shadowed: readonly ShadowRefusal[]): string {
  return JSON.stringify(shadowed.map(({ refusal }) => refusal.code))
}
