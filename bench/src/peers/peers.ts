import { caddy } from './caddy.ts'
import { fastifyHttpProxy } from './fastify-http-proxy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { nginxAuthRequest } from './nginx-auth-request.ts'
import type { Peer } from './peer.ts'
import { sallyport, sallyportLayers } from './sallyport.ts'

/** The gateways that are measured, in the order of the columns. Ratios are to `basePeer`. */
export const peers: readonly Peer[] = [
  nginx,
  haproxy,
  caddy,
  fastifyHttpProxy,
  sallyport,
  sallyportLayers,
  nginxAuthRequest,
]

/** What the others are compared with. */
export const basePeer = nginx
