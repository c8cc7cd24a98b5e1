/**
 * `node:http`, without what Node loads where a module imports it.
 *
 * An import reads every export of a built-in module, and `http.WebSocket` is read by loading the whole of
 * undici: 3 MB in the main thread and in each worker, for what none of them uses (nodejs/node#59686). Types
 * may be imported from `node:http` as ever.
 */
export const http = process.getBuiltinModule('node:http')
