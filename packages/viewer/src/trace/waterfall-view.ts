import type { Ref } from 'preact'
import { useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { NARROW, useMedia } from '../common/use-media.js'
import { type ListHandle, VirtualList } from '../common/virtual-list.js'
import { treeKeys } from './keys.js'
import type { Logs } from './logs.js'
import { hasChildren } from './nodes.js'
import { Row } from './row-view.js'
import { Ruler } from './ruler.js'
import { Splitter, useNamesWidth } from './splitter.js'
import type { Waterfall } from './use-waterfall.js'

export interface WaterfallProps {
  readonly waterfall: Waterfall
  readonly logs: Logs
  readonly list: Ref<ListHandle>
  readonly onOpen: (number: number) => void
}

/** The ruler and the rows. The rows are a tree to a screen reader; the focus stays on the tree. */
export function WaterfallView({ waterfall, logs, list, onOpen }: WaterfallProps): VNode {
  const { tree, shown, row, zoom, trace } = waterfall
  const isNarrow = useMedia(NARROW)
  const [namesPx, setNamesPx] = useNamesWidth()
  const [lines, setLines] = useState({ step: 20, first: 0 })
  const rowProps = (number: number) => {
    const node = tree.nodes[number]
    return {
      id: `span-row-${number}`,
      'aria-level': (node?.depth ?? 0) + 1,
      'aria-expanded': hasChildren(tree, number) ? waterfall.isOpen(number) : undefined,
      'aria-selected': number === waterfall.at,
      onClick: () => onOpen(number),
    }
  }
  const style = {
    '--names': `${namesPx}px`,
    '--line-step': `${lines.step}%`,
    // A background's place in percent counts what the image leaves free.
    '--line-at': `${lines.step < 100 ? (100 * lines.first) / (100 - lines.step) : 0}%`,
  }
  return html`<section class="wf" aria-label="Waterfall" style=${style}>
    <div class="wf-head">
      <div class="wf-corner">
        <span class="muted">Spans</span>
        ${
          waterfall.isZoomed &&
          html`<button type="button" class="button quiet small" onClick=${waterfall.resetZoom}>Reset zoom</button>`
        }
      </div>
      <${Ruler}
        zoom=${zoom}
        isZoomed=${waterfall.isZoomed}
        durationNs=${trace.durationNs}
        onZoom=${waterfall.zoomBetween}
        onReset=${waterfall.resetZoom}
        onTicks=${(step: number, first: number) => setLines({ step, first })}
      />
    </div>
    <${VirtualList}
      class="wf-rows"
      handle=${list}
      items=${shown}
      rowHeight=${isNarrow ? 48 : 28}
      keyOf=${(number: number) => tree.nodes[number]?.key ?? String(number)}
      row=${(number: number) => html`<${Row} waterfall=${waterfall} logs=${logs} number=${number} indentPx=${isNarrow ? 8 : 16} />`}
      rowProps=${rowProps}
      label="Spans"
      role="tree"
      rowRole="treeitem"
      keep=${row}
      props=${{
        tabIndex: 0,
        'aria-activedescendant': `span-row-${waterfall.at}`,
        onKeyDown: treeKeys(waterfall, onOpen),
      }}
    />
    ${!isNarrow && html`<${Splitter} width=${namesPx} onWidth=${setNamesPx} />`}
  </section>`
}
