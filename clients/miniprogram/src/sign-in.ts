import { WeappLoginError } from './errors.js'
import type { Session } from './kept-session.js'
import type { Patience } from './patience.js'
import type { Service } from './service.js'
import { loginCode, userInfo, type WxLike } from './wx.js'

/**
 * A session for the person who holds the phone, registered on the way if the service does not know them yet.
 *
 * `wx.getUserInfo` is called only once the ticket is in hand, that is after the service exchanged the code: WeChat signs
 * with the session key of the last exchange, and the exchange may be what renews that key.
 */
export async function signIn(wx: WxLike, service: Service, patience: Patience, limit: number): Promise<Session> {
  for (;;) {
    try {
      // Every round has its own code: a request that was lost may have used up the one before.
      const outcome = await service.login(await loginCode(wx, limit))
      if ('session' in outcome) return outcome.session
      return await register(outcome.ticket, wx, service, patience, limit)
    } catch (error) {
      await patience.afterwards(error)
    }
  }
}

async function register(ticket: string, wx: WxLike, service: Service, patience: Patience, limit: number) {
  let info = await userInfo(wx, limit)
  for (;;) {
    try {
      return await service.register(ticket, info)
    } catch (error) {
      if (!(error instanceof WeappLoginError) || error.retry === 'restart') throw error
      await patience.afterwards(error)
      // After `later` the same data goes again: it is still the data of this ticket's key.
      if (error.retry === 'getUserInfo') info = await userInfo(wx, limit)
    }
  }
}
