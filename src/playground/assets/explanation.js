// Shows the explanation on the page: what was there waits until it is over.

import { armed } from './levers.js'
import { whileThere } from './service.js'
import { createTour, recordTour } from './tour.js'
import { plain } from './words.js'

const find = id => document.getElementById(id)

/**
 * `show(step)` draws a step's messages, phone and rows; `lock(locked)`, `failed(error)` and `over()` are the page's.
 */
export function createExplanation({ show, lock, failed, over }) {
  let tour = null

  async function start(apps) {
    lock(true)
    const label = find('tour-start').querySelector('[data-t]')
    label.textContent = plain('nav.tour.busy')
    let steps
    try {
      // An answer that is to be lost is the next one of the page's user, not one of the explanation's.
      const losing = find('lose').getAttribute('aria-pressed') === 'true'
      if (losing) await armed(false)
      steps = await whileThere(recordTour(apps))
      if (losing) await armed(true)
    } catch (error) {
      lock(false)
      failed(error)
      return
    } finally {
      label.textContent = plain('nav.tour')
    }
    document.body.classList.add('touring')
    emptyText('rows.empty.tour')
    find('tour').hidden = false
    tour = createTour({ steps, draw, done: end })
    find('tour-next').focus()
  }

  function end() {
    tour = null
    document.body.classList.remove('touring')
    emptyText('rows.empty')
    find('tour').hidden = true
    over()
    lock(false)
    find('tour-start').focus()
  }

  function draw(step, position, count) {
    const last = position === count - 1
    show(step, position)
    find('tour-step').textContent = plain('tour.step', { position: position + 1, count })
    find('tour-progress').value = position + 1
    find('tour-progress').max = count
    find('tour-title').textContent = plain(`tour.${step.word}.title`)
    find('tour-text').textContent = plain(`tour.${step.word}.text`)
    find('tour-lines').hidden = !last
    find('tour-back').disabled = position === 0
    find('tour-next').textContent = plain(last ? 'tour.done' : 'tour.next')
    if (document.activeElement === document.body) find('tour-next').focus()
  }

  find('tour-next').addEventListener('click', () => tour && tour.next())
  find('tour-back').addEventListener('click', () => tour && tour.back())
  find('tour-close').addEventListener('click', () => tour && end())
  document.addEventListener('keydown', event => {
    if (!tour || event.altKey || event.ctrlKey || event.metaKey) return
    const move = { ArrowRight: tour.next, ArrowLeft: tour.back, Escape: end }[event.key]
    if (!move) return
    event.preventDefault()
    move()
  })

  return { start, get running() { return tour !== null }, redraw: () => tour && tour.redraw() }
}

function emptyText(word) {
  const empty = find('rows-empty')
  empty.dataset.t = word
  empty.textContent = plain(word)
}
