"""Which classes does a column of mesh cells have (the destination of a trip), once they are known?"""

from __future__ import annotations

from dataclasses import replace

from sdc.config import Config
from sdc.microdata.classify import ClassSpec
from sdc.model.hierarchy import Hierarchy
from sdc.pipeline.counting import Job
from sdc.pipeline.entered import Entered
from sdc.pipeline.geography import MESH
from sdc.spatial.rest import LABEL, OUTSIDE


def with_mesh_classes(config: Config, job: Job, entered: Entered) -> tuple[Job, Entered]:
    """The job and its records with the cells of the study area as classes of such columns.

    A cell outside the mesh becomes ``OUTSIDE``, so that trips to elsewhere are counted too.
    """
    assert job.places is not None
    columns = {
        name: spec.source
        for name, spec in config.records[job.name].columns.items()
        if spec.classes == "mesh" and name in job.classes
    }
    if not columns:
        return job, entered
    cells = job.places.hierarchy(MESH)
    root = cells.codes[cells.root]
    parent = {
        code: cells.codes[p] if p >= 0 else ""
        for code, p in zip(cells.codes, cells.parents.tolist(), strict=True)
    }
    labels = dict(zip(cells.codes, cells.labels, strict=True))
    inner = {cells.codes[i] for i in cells.leaves}
    frame = entered.records.frame.copy()
    classes = dict(job.classes)
    for name, source in columns.items():
        dim = Hierarchy.of(name, {**parent, OUTSIDE: root}, {**labels, OUTSIDE: LABEL})
        codes = tuple(sorted(inner | {OUTSIDE}))
        classes[name] = dim, ClassSpec(source, codes)
        frame[source] = frame[source].where(frame[source].isin(inner), OUTSIDE)
    records = replace(entered.records, frame=frame)
    return replace(job, classes=classes), replace(entered, records=records)
