import { WeappLoginError } from './errors.js'
import type { Session } from './kept-session.js'
import type { Patience } from './patience.js'
import type { LoginOutcome, Service, Ticket } from './service.js'
import { loginCode, userInfo, type WxLike } from './wx.js'

/** Whom the service sees in the person who holds the phone: a session, or a ticket to register with. */
export async function exchanged(wx: WxLike, service: Service, patience: Patience, limit: number): Promise<LoginOutcome> {
  for (;;) {
    try {
      // Every round has its own code: a request that was lost may have used up the one before.
      return await service.login(await loginCode(wx, limit))
    } catch (error) {
      await patience.afterwards(error)
    }
  }
}

/** Registers without a tap, in the first of the ticket's ways that works on this phone. */
export async function registered(
  { ticket, ways }: Ticket,
  wx: WxLike,
  service: Service,
  patience: Patience,
  limit: number
): Promise<Session> {
  let obstacle: WeappLoginError | null = null
  for (const way of ways) {
    try {
      if (way === 'userInfo') return await byUserInfo(ticket, wx, service, patience, limit)
      if (way === 'silent') return await carriedThrough(() => service.register(ticket, {}), patience)
    } catch (error) {
      if (!(error instanceof WeappLoginError) || !leavesTicket(error)) throw error
      obstacle = obstacle || error
    }
  }
  if (obstacle) throw explained(obstacle, ways)
  if (ways.indexOf('phone') >= 0) {
    const detail = 'new people are registered by their phone number: registerByPhone'
    throw new WeappLoginError({ code: 'phone_required', retry: 'getPhoneNumber', detail })
  }
  throw new WeappLoginError({ code: 'registration_closed', retry: 'none', detail: 'no way of registering that this client knows' })
}

/** With what a developer does about a privacy guideline that closes the last way: nobody else can, and it stays so for all. */
function explained(obstacle: WeappLoginError, ways: Ticket['ways']): WeappLoginError {
  if (obstacle.reason !== 'privacy_undeclared') return obstacle
  const left = ways.indexOf('phone') < 0 ? 'the service allows no other way' : 'the only other way is registerByPhone, after a tap'
  const detail = obstacle.detail + ' (' + left + '; declare nickname and avatar in the mini program\'s privacy guideline, ' +
    'or add silent to REGISTRATION at the service; it allows ' + ways.join(', ') + ')'
  return new WeappLoginError({ code: obstacle.code, retry: obstacle.retry, detail, reason: obstacle.reason })
}

/** Registers by `step`, repeated as it is while the service says that this may help. */
export async function carriedThrough(step: () => Promise<Session>, patience: Patience): Promise<Session> {
  for (;;) {
    try {
      return await step()
    } catch (error) {
      // After `later` the same goes again: the data is still that of this ticket's key, the phone code still unspent.
      if (!(error instanceof WeappLoginError) || error.retry !== 'later') throw error
      await patience.afterwards(error)
    }
  }
}

/** Whether the ticket was not touched by what went wrong, so that the next way may use it. */
function leavesTicket({ code }: WeappLoginError): boolean {
  return code === 'user_info_denied' || code === 'user_info_failed' || code === 'registration_closed'
}

/**
 * `wx.getUserInfo` is called only here, with the ticket in hand, that is after the service exchanged the code: WeChat
 * signs with the session key of the last exchange, and the exchange may be what renews that key.
 */
async function byUserInfo(ticket: string, wx: WxLike, service: Service, patience: Patience, limit: number): Promise<Session> {
  for (;;) {
    const info = await userInfo(wx, limit)
    try {
      return await carriedThrough(() => service.register(ticket, info), patience)
    } catch (error) {
      if (!(error instanceof WeappLoginError) || error.retry !== 'getUserInfo') throw error
      await patience.afterwards(error)
    }
  }
}
