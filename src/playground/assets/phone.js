// Draws the phone's screen. What it shows is the client's user, never its token.

import { h, icon, text } from './elements.js'
import { problemChips } from './diagram.js'
import { masked } from './redact.js'
import { plain } from './words.js'

/** `owner` and `holder` are told whose phone it is. `act` has `signIn`, `registerByPhone`, `signOut`,
 *  `changeNickname(text)` and `sharePhoneNumber`. */
export function createPhoneScreen({ screen, owner, holder, act }) {
  let last = null
  let pressed = null

  /** `frozen`: nobody can press anything, as while the explanation runs. */
  function show(view, frozen = false) {
    last = [view, frozen]
    // What is pressed gives way to something else: the focus waits for what can be pressed next, unless it went elsewhere.
    const { activeElement } = document
    if (screen.contains(activeElement)) pressed = activeElement.dataset.name
    else if (activeElement !== document.body) pressed = null
    owner.textContent = plain('phone.of', { name: view.person.name })
    holder.textContent = view.person.name
    screen.replaceChildren(...content(view, frozen || view.doing !== null))
    screen.setAttribute('aria-busy', String(view.doing !== null))
    const successor = pressed && (screen.querySelector(`[data-name="${pressed}"]:not(:disabled)`) || screen.querySelector('.tap:not(:disabled)'))
    if (successor) successor.focus({ preventScroll: true })
  }

  function content(view, disabled) {
    const title = h('header', { class: 'bar' },
      h('strong', {}, ...text('phone.program', { letter: 'AB'[view.app] })), h('span', { class: 'capsule', 'aria-hidden': 'true' }, h('i'), h('i')))
    return [title, h('div', { class: 'body' }, ...(view.user ? signedIn(view, disabled) : signedOut(view, disabled)))]
  }

  function signedOut(view, disabled) {
    return [
      h('div', { class: 'hero', 'aria-hidden': 'true' }, icon('person')),
      h('p', { class: 'state' }, ...text(view.problem ? 'phone.failed' : 'phone.out')),
      problemOf(view),
      h('button', { type: 'button', class: 'tap primary', 'data-name': 'sign-in', disabled, click: act.signIn },
        ...(view.doing ? [h('span', { class: 'spinner', 'aria-hidden': 'true' }), ...text('phone.signingIn')] : text(view.problem ? 'phone.again' : 'phone.signIn'))),
      h('button', { type: 'button', class: 'tap', 'data-name': 'register-by-phone', disabled, click: act.registerByPhone }, ...text('phone.byNumber'))
    ]
  }

  function signedIn(view, disabled) {
    const { user } = view
    const name = h('input', { id: 'nickname', 'data-name': 'nickname', value: user.nickname, maxlength: '64', autocomplete: 'off', disabled })
    const save = event => {
      event.preventDefault()
      act.changeNickname(name.value)
    }
    return [
      h('div', { class: 'who' },
        h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...user.nickname][0] || '·'),
        h('div', {}, h('strong', { class: 'nickname' }, user.nickname || plain('phone.nameless')), h('small', {}, ...text('phone.user', { id: user.id })))),
      h('p', { class: 'state ok' }, icon('check'), ...text('phone.in')),
      problemOf(view),
      h('form', { class: 'fill-in', submit: save },
        h('label', { for: 'nickname' }, ...text('phone.nickname')),
        h('div', {}, name, h('button', { type: 'submit', class: 'tap small', 'data-name': 'save', disabled }, ...text('phone.save')))),
      user.phone
        ? h('p', { class: 'number' }, h('span', {}, ...text('phone.number')), h('code', {}, masked(user.phone)))
        : h('button', { type: 'button', class: 'tap', 'data-name': 'phone', disabled, click: act.sharePhoneNumber }, ...text('phone.share')),
      h('button', { type: 'button', class: 'tap quiet', 'data-name': 'sign-out', disabled, click: act.signOut }, ...text('phone.signOut'))
    ]
  }

  function problemOf(view) {
    if (!view.problem) return null
    const { code, retry, reason } = view.problem
    return h('div', { class: 'trouble' }, problemChips({ problem: code, retry }),
      reason === 'privacy_undeclared' ? h('p', {}, ...text('problem.undeclared')) : null)
  }

  return { show, redraw: () => last && show(...last) }
}
