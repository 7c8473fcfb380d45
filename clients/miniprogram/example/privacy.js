// Since base library 2.32.3 WeChat asks for consent to the privacy guideline before the first call about personal data. Who
// listens draws the dialog instead of WeChat, and the call waits until each `resolve` was called.

/** @type {Array<(answer: { event: 'agree' | 'disagree', buttonId?: string }) => void>} */
const waiting = []
/** @type {Set<(asked: boolean) => void>} */
const dialogs = new Set()

function listen() {
  if (!wx.onNeedPrivacyAuthorization) return
  wx.onNeedPrivacyAuthorization(resolve => {
    waiting.push(/** @type {any} */ (resolve))
    dialogs.forEach(show => show(true))
  })
}

/**
 * The person's answer. An `agree` counts only with the id of the button that was tapped.
 *
 * @param {'agree' | 'disagree'} event
 * @param {string} [buttonId]
 */
function answer(event, buttonId) {
  waiting.splice(0).forEach(resolve => resolve({ event, buttonId }))
  dialogs.forEach(show => show(false))
}

module.exports = { listen, answer, dialogs, asked: () => waiting.length > 0 }
