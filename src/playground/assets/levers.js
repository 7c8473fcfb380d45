// What the page's user can change about the world: WeChat's clock and keys, the network, the mini program, who holds the phone.

import { order } from './service.js'

const LOST_ANSWER = { path: '/sns/jscode2session', kind: 'dropAfter', times: 1 }

/** Whether `faults`, as the simulator lists them, hold the one of the lever `lose`. */
export const isArmed = faults => faults.some(fault => fault.path === LOST_ANSWER.path)

/** The next answer to an exchange gets lost, or does not. */
export const armed = yes => (yes ? order('POST', '/control/faults', LOST_ANSWER) : order('DELETE', '/control/faults'))

/** What the mini program's privacy guideline says of the data of `person`. */
export const declare = (person, declared) =>
  order('PUT', `/control/people/${encodeURIComponent(person)}`, { privacy: declared ? 'agreed' : 'undeclared' })

/** Ends the key at WeChat; the phone does not notice. */
export async function expireKey(person, appId) {
  await order('POST', `/control/people/${encodeURIComponent(person)}/expire-session-key`, { appId })
}

/**
 * The levers by the id of their button; each does its work and gives the words that tell of it.
 *
 * `world` has `scene`, `apps` and `declared`; `meet()` brings somebody new, `clear()` empties the page.
 */
export function createLevers({ world, isOn, meet, clear }) {
  const newcomer = async () => {
    await meet()
    return ['divider.person', { name: world.scene.view.person.name, key: { key: 0 } }]
  }
  return {
    expire: async () => {
      const { wechat } = world.scene.keys
      await expireKey(world.scene.view.person.id, world.apps[world.scene.view.app])
      return [wechat === 0 ? 'divider.noKey' : 'divider.expired', {}]
    },
    minutes: async () => {
      await order('POST', '/control/clock', { advanceSeconds: 600 })
      return ['divider.minutes', {}]
    },
    days: async () => {
      await order('POST', '/control/clock', { advanceSeconds: 3 * 86400 })
      return ['divider.days', {}]
    },
    lose: async () => {
      await armed(true)
      return ['divider.lose', {}]
    },
    unionid: async () => {
      const bound = !isOn('unionid')
      for (const appId of world.apps) await order('PUT', `/control/apps/${appId}`, { unionidBound: bound })
      return [bound ? 'divider.unionid.on' : 'divider.unionid.off', {}]
    },
    guideline: async () => {
      world.declared = !world.declared
      await declare(world.scene.view.person.id, world.declared)
      return [world.declared ? 'divider.guideline.on' : 'divider.guideline.off', {}]
    },
    person: newcomer,
    reset: async () => {
      await order('POST', '/control/reset', {})
      await order('POST', '/playground/start-over', {})
      world.declared = true
      await clear()
      return newcomer()
    }
  }
}
