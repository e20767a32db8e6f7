// What `studio status --json` says, in the words and groups that people see. Nothing here needs VS Code.
'use strict';

const path = require('path');

/** The standings in the order in which they are shown; `badge` marks a file in the Explorer. */
const GROUPS = [
  { id: 'conflict', label: 'Conflicts', badge: '!', words: 'conflict', color: 'list.errorForeground' },
  { id: 'diverged', label: 'To Merge (pull)', badge: '⇅', words: 'to merge: pull', color: 'list.warningForeground' },
  { id: 'ahead', label: 'To Push', badge: '↑', words: 'to push', color: 'charts.green' },
  { id: 'behind', label: 'To Pull', badge: '↓', words: 'to pull', color: 'charts.blue' },
];

/** "2 to push, 1 to pull, 1 conflict"; "" where nothing differs. */
function summary(counts) {
  const of = (id) => counts[id] || 0;
  const parts = [
    of('ahead') ? `${of('ahead')} to push` : '',
    of('behind') ? `${of('behind')} to pull` : '',
    of('diverged') ? `${of('diverged')} to merge` : '',
    of('conflict') ? `${of('conflict')} conflict${of('conflict') === 1 ? '' : 's'}` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function total(reports) {
  const counts = {};
  for (const report of reports) {
    for (const [id, count] of Object.entries(report.counts || {})) {
      counts[id] = (counts[id] || 0) + count;
    }
  }
  return counts;
}

/** What a record's standing is about: "to push: title, body", "to push: deleted". */
function about(record) {
  const group = GROUPS.find(({ id }) => id === record.standing);
  const words = group ? group.words : record.standing;
  if (record.action === 'create' || record.action === 'delete') {
    return `${words}: ${record.action === 'create' ? 'new' : 'deleted'}`;
  }
  const fields = Object.keys(record.fields || {});
  return fields.length ? `${words}: ${fields.join(', ')}` : words;
}

/** The file of a record. undefined for a path that would lead out of the workspace. */
function fileOf(root, record) {
  const file = path.resolve(root, record.path);
  const relative = path.relative(root, file);
  return relative && !relative.startsWith('..') && !path.isAbsolute(relative) ? file : undefined;
}

/** Why a command could not do its work, in one line, and the way out. */
function reason(report) {
  const problem = (report.problems || []).find(({ severity }) => severity === 'error');
  return problem ? { message: problem.message, hint: problem.hint } : { message: '', hint: '' };
}

/** Whether the report holds a comparison, rather than the reason why there is none. */
function isComparison(report) {
  return report.outcome === 'ok' || report.outcome === 'differs';
}

module.exports = { GROUPS, about, fileOf, isComparison, reason, summary, total };
