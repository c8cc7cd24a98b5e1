import { pass, type Stage } from '../pipeline/stage.ts'

/**
 * Tells what the routing found before the stages ran. Behind the device stage, so that a stranger
 * cannot find out which routes there are.
 */
export const routeStage: Stage<undefined> = {
  name: 'route',
  appliesTo: () => true,
  compile: () => (request) => request.routeRefusal ?? pass,
}
