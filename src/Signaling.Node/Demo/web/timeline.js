// The handshake as it happens: what goes to the peer and comes from it, each with the milliseconds since it began.

const Milliseconds = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SameBurstMs = 400;

/** The steps of one call. */
export class Timeline {
  /** @type {{ms: number, direction: string, label: string, detail?: string, count?: number, isLast?: boolean}[]} */
  steps = [];

  /** The path that was found, in words. */
  path = '';

  #began = performance.now();

  /** @param {boolean} isOurs whether this side began */
  constructor(isOurs) {
    this.isOurs = isOurs;
  }

  /** How long it took until the data channel was open; null while it is not. */
  get connectedAfterMs() {
    return this.steps.find(({ isLast }) => isLast)?.ms ?? null;
  }

  /** @param {object} step as {@link Call} tells it; candidates that follow each other become one step */
  add(step) {
    const ms = performance.now() - this.#began;
    const same = this.steps.findLast(({ direction, label }) => direction === step.direction && label === step.label);
    if (step.count && same && ms - same.ms < SameBurstMs) same.count += step.count;
    else this.steps.push({ ms, ...step });
  }
}

export function milliseconds(ms) {
  return `${Milliseconds.format(ms)} ms`;
}

/** Draws it as a list: one item for each step, new ones at the end. */
export function drawTimeline(list, template, steps, peerName) {
  steps.forEach((step, index) => {
    const item = list.children[index] ?? list.appendChild(template.content.firstElementChild.cloneNode(true));
    item.className = `step ${step.direction}${step.isLast ? ' last' : ''}`;
    item.querySelector('.ms').textContent = milliseconds(step.ms);
    item.querySelector('.way').textContent = { out: `to ${peerName}: `, in: `from ${peerName}: `, local: '' }[step.direction];
    item.querySelector('.label').textContent = step.label;
    item.querySelector('.detail').textContent = step.count ? `× ${step.count}` : step.detail ?? '';
  });
  while (list.children.length > steps.length) list.lastElementChild.remove();
}
