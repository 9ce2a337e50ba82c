"""What all response models share."""

from pydantic import BaseModel, ConfigDict


class Response(BaseModel):
    """A response read from the attributes of a model."""

    model_config = ConfigDict(from_attributes=True)
